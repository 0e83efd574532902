//! The rules of `docs/rules.md`, tested against a real server that misbehaves on request.
//!
//! Each test is an `async fn(Env)` that only uses the portable API, so the same tests run natively, in browsers, in workers
//! and in Node. [`rules::native_only`] has the tests of what a browser cannot do or cannot show. A test that is missing in
//! the lists below is dead code, which the compiler reports.

#![allow(
    unreachable_pub,
    reason = "`pub` is shorter than `pub(crate)`, and in private modules the compiler still finds dead code"
)]

mod env;
mod log;
mod rules;

use env::Env;

/// The timeout of everything that must happen.
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
        s01_handler_closures_and_stream_are_mutually_exclusive
        s01_http_urls_are_read_as_ws
        s01_invalid_options_fail_before_dialling
        s02_state_in_each_phase
        s02_state_inside_callbacks
        s03_callbacks_of_an_attempt_are_in_order
        s03_clean_close_reports_no_error
        s03_failure_after_open_reports_error_then_close
        s03_failure_before_open_reports_error_then_close
        s03_no_event_after_on_close
        s03_no_event_of_a_superseded_attempt
        s04_closed_returns_the_same_end_on_every_clone
        s04_end_reasons
        s04_every_end_is_reported_once;
    handles:
        s06_callbacks_cannot_revive_a_dropped_client
        s06_client_without_handle_and_stream_closes
        s06_clone_keeps_the_client_alive
        s06_detached_client_is_freed_after_its_end
        s06_detached_client_keeps_running
        s06_dropping_the_last_handle_before_open_ends_the_client
        s06_dropping_the_last_handle_closes_gracefully
        s06_futures_do_not_keep_the_client_alive
        s06_handles_are_send_and_sync
        s06_stream_keeps_the_client_alive
        s06_weak_handle_does_not_keep_the_client_alive;
    reentrancy:
        s05_abort_in_every_callback
        s05_calls_from_outside_do_not_overlap_callbacks
        s05_close_in_every_callback
        s05_dropping_the_last_handle_in_every_callback
        s05_pause_in_every_callback
        s05_reconnect_in_every_callback
        s05_send_in_every_callback;
    reconnecting:
        s07_exponential_delays_double_up_to_the_maximum
        s07_fixed_delay
        s07_jitter_is_repeatable_by_seed
        s07_max_attempts_ends_the_client
        s07_maximal_durations_are_accepted
        s07_never_does_not_reconnect
        s07_reconnects_by_default
        s07_retry_if_decides_on_each_close
        s07_stable_after_resets_the_count
        s08_fatal_close_codes_end_the_client
        s08_no_retry_after_a_local_close
        s08_other_close_codes_are_retried
        s08_reconnects_to_a_restarted_server
        s08_retry_if_overrides_fatal_codes;
    by_hand:
        s08a_cancel_reconnect_cancels_reconnect
        s08a_cancel_reconnect_ends_a_waiting_client
        s08a_close_overrides_reconnect
        s08a_reconnect_after_replaces_the_delay
        s08a_reconnect_in_on_close_overrides_the_policy
        s08a_reconnect_while_closed
        s08a_reconnect_while_closing
        s08a_reconnect_while_connecting
        s08a_reconnect_while_open_closes_with_1000
        s08a_reconnect_while_waiting
        s08a_repeated_reconnects_leave_no_connection
        s08b_invalid_url_of_a_provider_fails_the_attempt
        s08b_provider_failure_fails_the_attempt
        s08b_provider_is_called_for_every_attempt
        s08b_provider_sets_subprotocols
        s08b_slow_provider_times_out
        s08d_open_timeout_covers_the_whole_handshake
        s08d_stalled_attempt_times_out_and_is_retried;
    pace:
        s08a_close_ends_a_client_whose_callbacks_always_reconnect
        s08a_reconnect_in_an_event_loop_is_paced
        s08a_reconnect_in_callbacks_keeps_the_policy_delay;
    closing:
        s09_codes_and_reasons_at_the_limits_are_accepted
        s09_invalid_codes_and_reasons_fail_at_the_call
        s10_abort_sends_a_close_frame_only_in_browsers
        s10_close_of_the_peer_is_echoed
        s10_close_of_the_peer_without_a_code
        s10_close_timeout_drops_the_connection
        s10_close_while_messages_arrive
        s10_first_close_wins
        s10_queue_is_sent_before_the_close_frame
        s11_close_while_connecting_abandons_the_attempt
        s11_close_while_waiting_only_ends
        s12_close_event_of_a_close_by_the_peer
        s12_close_event_of_a_failure
        s12_close_event_of_a_local_close
        s12_close_event_of_a_refused_connection;
    sending:
        s13_no_message_is_sent_twice
        s13_queue_survives_reconnects
        s13_send_is_accepted_until_the_client_closes
        s13_what_on_open_sends_leaves_before_the_queue
        s15_flush_fails_when_the_client_ends
        s15_flush_waits_for_the_queue
        s15_take_unsent_inside_on_end
        s15_take_unsent_returns_queued_messages
        s15_unsent_messages_are_sent_after_reconnect;
    sessions:
        s27_broken_connection_drops_the_set_up
        s27_close_abort_and_reconnect_drop_the_set_up
        s27_close_of_the_peer_drops_the_set_up
        s27_dropped_session_and_calls_inside
        s27_set_up_may_wait_for_something_else
        s27_session_may_be_read_outside_of_its_set_up
        s22_s27_what_a_set_up_left_comes_before_the_end_of_a_paused_client
        s27_failed_set_up_fails_the_attempt_and_is_retried
        s27_fatal_failure_ends_the_client
        s27_last_message_before_a_close_is_received
        s27_messages_not_received_are_delivered_after_on_open
        s27_session_is_over_after_its_set_up
        s27_set_up_comes_before_on_open_and_the_queue
        s27_set_up_is_part_of_a_stream_of_events
        s27_set_up_that_never_ends_times_out
        s27_without_a_login_the_server_closes;
    logins:
        s13_a_login_in_on_open_is_first_over_many_reconnects
        s27_set_up_sessions_deliver_each_message_once_over_many_reconnects;
    payload:
        s13_s14_sink_sends_in_order_and_waits_for_room
        s14_full_and_drain_events_fire_once_per_edge
        s14_message_that_crosses_the_limit_is_accepted
        s14_peer_that_does_not_read_fills_the_buffer
        s14_ready_waits_for_room
        s16_send_payload_uses_the_binary_type
        s16_text_and_binary_keep_their_order
        s16_text_and_binary_round_trip;
    connection:
        s28_close_before_open_fails_opened
        s28_initial_attempts_run_out
        s28_lost_connection_is_retried_beyond_the_initial_attempts
        s28_opened_fails_with_the_end
        s28_opened_resolves_when_the_client_is_open
        s28_opened_waits_again_after_reconnect
        s28_opened_waits_over_failed_attempts
        s28_zero_initial_attempts_are_refused
        s30_client_that_is_not_open_does_not_ping
        s30_dropped_ping_is_sent
        s30_next_message_answers_without_a_predicate
        s30_ping_fails_when_the_client_closes
        s30_ping_in_every_callback
        s30_ping_measures_a_round_trip
        s30_ping_without_a_heartbeat
        s30_pings_at_once_share_a_heartbeat
        s30_unanswered_ping_fails_the_attempt;
    liveness:
        s17_any_traffic_counts_as_alive
        s17_client_recovers_from_a_silent_server
        s17_heartbeat_is_sent_during_traffic
        s17_heartbeat_message_and_reply_measure_round_trips
        s17_paused_client_stays_connected
        s17_ping_or_message_uses_what_the_platform_has
        s17_replies_are_delivered_without_a_predicate
        s17_silent_peer_fails_the_attempt
        s20_pings_of_the_peer_are_answered;
    receiving:
        s21_fragmented_message_over_the_limit_fails
        s21_invalid_utf8_fails_with_1007
        s21_message_over_the_limit_fails
        s21_pings_between_fragments_are_answered
        s21_protocol_errors_fail_with_1002
        s21_utf8_character_may_be_split_across_fragments
        s22_dropped_stream_resumes_its_client
        s22_pause_lasts_across_reconnects
        s22_pause_stops_delivery_until_resume
        s22_slow_stream_reader_loses_nothing
        s22_stream_yields_events_across_reconnects
        s22a_message_larger_than_the_receive_buffer_is_delivered
        s22a_stream_is_bounded_by_bytes;
    reporting:
        s23_errors_before_and_after_open
        s23_errors_show_the_url_without_the_query
        s24_chosen_subprotocol_is_reported
        s24_subprotocol_that_was_not_offered_fails
        s25_attempts_are_counted
        s25_messages_and_bytes_are_counted
        s26_debug_output_has_no_secrets
        s26_errors_do_not_repeat_rejected_values;
}

#[cfg(not(target_family = "wasm"))]
suite! {
    native_only:
        s01_invalid_headers_and_relative_urls_fail
        s03_data_after_a_close_frame_is_ignored
        s03_on_connect_is_first
        s04_runtime_shutdown_ends_the_client
        s05_every_method_inside_on_connect
        s05_panic_ends_only_its_client
        s08_fatal_http_status_is_retried_with_a_provider
        s08_fatal_http_statuses_end_the_client
        s08_other_http_statuses_are_retried
        s08_retry_after_is_a_lower_bound
        s08_retry_after_is_limited
        s10_abort_is_immediate
        s10_close_does_not_wait_for_the_end_of_tcp
        s10_close_timeout_returns_the_unsent_queue
        s10_close_while_paused_sends_the_queue
        s13_messages_from_another_thread_keep_their_order
        s15_flush_fails_for_a_message_that_never_left
        s17_pings_measure_round_trips
        s17_silent_peer_with_a_full_queue_fails_the_attempt
        s18_late_wake_up_does_not_fail_the_attempt
        s21_message_over_the_limit_closes_with_1009
        s21_reserved_close_codes_fail_with_1002
        s22_pause_applies_backpressure
        s22_pausing_from_another_thread_loses_nothing
        s22_slow_reader_applies_backpressure
        s22a_large_messages_apply_backpressure
        s22a_reader_on_another_thread_receives_everything
        s23_credentials_are_sent_but_never_shown
        s23_error_kinds
        s23_rejected_handshake_has_status_headers_and_body
        s24_extension_that_was_not_offered_fails
        s24_handshake_has_status_and_headers
        s26_headers_are_never_shown;
}
