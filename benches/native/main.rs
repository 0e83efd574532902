//! Compares the native client with bare tokio-tungstenite, in the same run.
//!
//! `cargo bench -p homing-benches` runs every case, `cargo bench -p homing-benches -- receive` those whose name
//! contains the word. `--rounds N` sets how often each is repeated. `--only homing` or `--only bare` runs one client
//! alone, for a profiler. `--features deflate` adds compression, compared with yawc, and `--features tls` TLS.
//!
//! Client and server are two processes, each pinned to a core. The two clients take turns on the client's core. Each
//! pair of neighbouring runs gives one ratio, and the median of the ratios is the result, so that it does not matter if
//! the machine becomes slower or faster meanwhile.

cfg_if::cfg_if! {
    if #[cfg(target_os = "linux")] {
        mod clients;
        #[cfg(feature = "deflate")]
        mod deflate;
        #[cfg(feature = "deflate")]
        mod deflate_server;
        mod idle;
        mod receive;
        mod report;
        mod restart;
        mod round_trip;
        mod rounds;
        mod send;
        mod server;
        mod system;
        #[cfg(feature = "tls")]
        mod tls_clients;
        #[cfg(feature = "tls")]
        mod tls_handshakes;
        #[cfg(feature = "tls")]
        mod tls_idle;
        #[cfg(feature = "tls")]
        mod tls_server;

        #[cfg(feature = "tls")]
        #[global_allocator]
        static MEMORY: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;

        fn main() {
            let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
            let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
            match words[..] {
                [server::BUSY] => server::busy(),
                [server::IDLE, port] => server::idle(port),
                [idle::MEMORY, side, port, greeting] => idle::memory_child(side, port, greeting),
                [idle::HEARTBEATS, port] => idle::heartbeats_child(port),
                #[cfg(feature = "deflate")]
                [deflate_server::DEFLATING] => deflate_server::deflating(),
                #[cfg(feature = "deflate")]
                [deflate::MEMORY, side, port, takeover] => deflate::memory_child(side, port, takeover),
                #[cfg(feature = "tls")]
                [tls_server::TLS, roots] => tls_server::serve(roots),
                #[cfg(feature = "tls")]
                [tls_idle::MEMORY, kind, port] => tls_idle::memory_child(kind, port),
                #[cfg(feature = "tls")]
                [tls_handshakes::HANDSHAKES, side, port, mode] => tls_handshakes::child(side, port, mode),
                _ => run(&rounds::Options::parse(&words)),
            }
        }

        fn run(options: &rounds::Options) {
            system::pin(system::CLIENT_CORE);
            report::head();
            receive::run(options);
            send::run(options);
            round_trip::run(options);
            idle::run(options);
            restart::run(options);
            #[cfg(feature = "deflate")]
            deflate::run(options);
            #[cfg(feature = "tls")]
            {
                tls_idle::run(options);
                tls_handshakes::run(options);
            }
        }
    } else {
        fn main() {
            println!("these benchmarks run on Linux only: they pin processes and read /proc");
        }
    }
}
