//! The rules of `semantics.md`, each shown against a real server that misbehaves on request.
//!
//! A body is an `async fn(Env)` that uses the portable API only, so that the same list runs in browsers too; what a
//! browser cannot show is in [`rules::native_only`]. A body that is missing in the list below is dead code, which
//! the compiler reports.

#![allow(
    unreachable_pub,
    reason = "shorter than pub(crate) on each; the modules are private, so that dead code is found"
)]

mod env;
mod log;
mod rules;

use env::Env;

/// How long anything may take that is certain to happen.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(40);

macro_rules! suite {
    ($($section:ident: $($rule:ident)*;)*) => {
        $(mod $section {
            $(#[cfg_attr(not(target_family = "wasm"), tokio::test)]
            #[cfg_attr(target_family = "wasm", wasm_bindgen_test::wasm_bindgen_test)]
            async fn $rule() {
                crate::rules::$section::$rule(crate::Env::start().await).await;
            })*
        })*
    };
}

suite! {
    life:
        s01_handler_or_closures_or_stream s01_http_is_read_as_ws s01_what_cannot_work_is_refused_before_dialling
        s02_states s02_states_in_callbacks s03_a_clean_close_gives_no_error
        s03_failure_after_open s03_failure_before_open s03_nothing_after_on_close s03_nothing_of_a_superseded_attempt
        s03_order_of_an_attempt s04_every_end_is_told_once s04_reasons s04_the_end_is_the_same_for_everyone;
    handles:
        s06_a_client_without_handle_and_stream_closes s06_a_clone_keeps_it_alive s06_a_dropped_client_is_not_revived
        s06_a_stream_keeps_its_client_alive s06_a_weak_handle_does_not_keep_it_alive s06_detached_it_is_freed_after_its_end s06_detached_it_runs_on
        s06_drop_of_the_last_handle_before_open s06_drop_of_the_last_handle_closes_gracefully
        s06_futures_do_not_keep_it_alive s06_handles_are_send_and_sync;
    reentrancy:
        s05_abort_in_every_callback s05_callbacks_of_handles_elsewhere_do_not_overlap s05_close_in_every_callback
        s05_drop_of_the_last_handle_in_every_callback s05_pause_in_every_callback s05_reconnect_in_every_callback
        s05_send_in_every_callback;
    reconnecting:
        s07_absurd_delays_do_no_harm s07_exponential s07_fixed s07_jitter_is_repeatable s07_max_attempts s07_never
        s07_on_by_default s07_retry_if s07_stable_after_starts_the_count_over s08_a_server_that_restarts
        s08_fatal_close_codes s08_no_retry_after_a_local_close s08_other_close_codes_are_retried
        s08_retry_if_overrides_fatal;
    by_hand:
        s08a_cancel_reconnect s08a_cancel_reconnect_by_hand s08a_close_while_reconnecting s08a_many_reconnects_leak_nothing
        s08a_reconnect_after_replaces_the_delay s08a_reconnect_in_on_close_replaces_the_policys_choice
        s08a_reconnect_while_closed s08a_reconnect_while_closing s08a_reconnect_while_connecting
        s08a_reconnect_while_open_closes_with_1000 s08a_reconnect_while_waiting s08b_provider_chooses_subprotocols
        s08b_provider_is_asked_for_every_attempt s08b_provider_that_fails s08b_provider_that_is_too_slow
        s08b_provider_with_a_bad_url s08d_open_timeout s08d_open_timeout_is_for_all_of_it;
    pace:
        s08a_close_ends_a_client_whose_callbacks_always_reconnect s08a_reconnect_in_a_loop_over_events_keeps_a_pace
        s08a_reconnect_in_callbacks_keeps_to_the_policys_pace;
    closing:
        s09_codes_are_refused_at_the_call s09_limits_are_accepted
        s10_close_amid_a_flood s10_close_timeout
        s10_peers_close_is_echoed s10_peers_close_without_a_code
        s10_the_first_close_counts s10_the_queue_leaves_first s11_close_while_connecting s11_close_while_waiting
        s12_report_of_a_failure s12_report_of_a_refused_port s12_report_of_the_peer s12_report_of_this_side;
    sending:
        s13_accepted_in_every_state_but_closed s13_nothing_is_sent_twice s13_queued_before_open_leaves_first
        s13_the_queue_survives_reconnects s15_flush s15_flush_fails_at_the_end s15_unsent_can_be_taken_in_on_end
        s15_unsent_goes_with_the_next_attempt s15_unsent_is_handed_back;
    payload:
        s14_a_peer_that_does_not_read s14_full_and_drain_once_each s14_limit s14_ready s16_send_payload
        s16_text_and_binary s16_text_and_binary_keep_their_order sink;
    liveness:
        s17_a_paused_client_is_not_condemned s17_busy_or_not s17_heartbeat_message_and_reply s17_ping_or_message
        s17_silence_and_return s17_silent_peer s17_whatever_arrives_counts
        s17_without_a_predicate_replies_are_delivered s20_pings_of_the_peer;
    receiving:
        s21_fragments_with_pings_between s21_invalid_utf8 s21_protocol_errors s21_too_large
        s21_too_large_in_fragments s21_utf8_may_be_split s22_pause_and_resume s22_pause_outlives_an_attempt s22_stream
        s22_stream_that_is_dropped s22_stream_with_a_slow_reader
        s22a_a_larger_message_passes s22a_stream_is_bounded_by_bytes;
    reporting:
        s23_errors_before_and_after_open s23_errors_tell_the_url_without_the_query s24_subprotocol
        s24_subprotocol_that_was_not_offered s25_attempts s25_messages_and_bytes s26_debug_tells_no_secrets
        s26_refused_values_are_not_repeated;
}

#[cfg(not(target_family = "wasm"))]
suite! {
    native_only:
        s17_silent_peer_and_a_full_queue s10_close_timeout_with_a_queue_that_does_not_leave s10_a_peer_that_does_not_end_tcp
        s03_a_message_and_a_close_in_one_write s10_abort_is_immediate s21_reserved_close_codes
        s01_headers_and_relative_urls s03_on_connect_comes_first s04_a_runtime_that_is_shut_down
        s05_a_panic_ends_this_client_only s05_every_method_in_on_connect s08_refusals_that_are_fatal
        s08_refusals_that_are_retried s08_refusals_with_a_provider s08_retry_after s08_retry_after_for_ever
        s10_close_while_paused_lets_the_queue_leave s13_order_of_a_thread_beside_a_slow_peer s15_flush_does_not_pretend s17_ping_frames_and_round_trips
        s18_a_late_wake_up_condemns_nobody s21_too_large_is_told_by_1009 s22_a_pause_from_another_thread_loses_nothing
        s22_the_peer_feels_a_pause s22_the_peer_feels_a_slow_reader
        s22a_a_reader_on_another_thread_is_never_left_waiting s22a_the_peer_feels_a_slow_reader s23_credentials s23_kinds
        s23_refusal_with_status_headers_and_body s24_extension_that_was_not_offered s24_status_and_headers s26_headers;
}
