//! Performs one operation of a client many times, so that tools can count what each costs. `cargo xtask counts` runs it.
//!
//! `homing-counted CLIENT OPERATION` prints how many operations were counted, and what they allocated. Nothing depends on
//! time: client and server take turns, as [`turns`] explains, and both are warm before the count begins.

#![forbid(unsafe_code)]

cfg_if::cfg_if! {
    if #[cfg(target_os = "linux")] {
        mod clients;
        mod counted;
        mod operations;
        mod payload;
        mod server;
        mod tls;
        mod turns;

        #[global_allocator]
        static ALLOCATOR: &stats_alloc::StatsAlloc<std::alloc::System> = &stats_alloc::INSTRUMENTED_SYSTEM;

        fn main() {
            let arguments: Vec<String> = std::env::args().skip(1).collect();
            match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                [turns::SERVE] => server::serve(),
                [] => operations::list(),
                [client, operation] => operations::run(client, operation),
                _ => panic!("usage: homing-counted [CLIENT OPERATION]"),
            }
        }
    } else {
        fn main() {
            println!("counts are taken on Linux only");
        }
    }
}
