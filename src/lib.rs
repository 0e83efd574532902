#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod builder;
mod client;
mod close;
pub mod driver;
mod error;
mod handler;
mod handshake;
mod machine;
pub mod memory;
mod message;
mod paused;
mod request;
mod shown;
mod stats;
mod stream;
mod units;
mod waiting;
mod weak;

pub use builder::Builder;
pub use client::WebSocket;
pub use close::{CloseCode, CloseEvent, End, EndReason, Initiator};
pub use driver::platform::public::*;
pub use error::{CloseError, ConfigError, Error, ErrorKind, FlushError, SendError, SendErrorKind};
pub use handler::Handler;
pub use handshake::{Handshake, Headers};
pub use machine::{Event, Heartbeat, Reconnect, State};
pub use message::{BinaryType, Message, Text};
pub use request::{ProviderError, Request};
pub use stats::Stats;
pub use stream::Events;
pub use waiting::{Closed, Flush, Ready, SinkError};
pub use weak::WeakWebSocket;
