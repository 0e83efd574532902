// Made by `www/build.js` of `www/core/src/codes.rs`, where the numbers stand. Do not edit.

/** What happened, with the two numbers `a` and `b` that may belong to it. */
export const enum Input {
  /** `a`: bytes in the socket's own buffer; `b`: how much the sockets were given, ever. */
  Wake,
  Opened,
  /** Something arrived. */
  Received,
  /** A heartbeat was answered. */
  Answered,
  /** `a`: bytes in the socket's own buffer. */
  Buffered,
  /** `a`: close code; `b`: 1 if clean. */
  Closed,
  Failed,
  /** `a`: one of `page`. */
  Page,
  /** The answer to `ASK_RETRY`. `a`: 1 to retry. */
  RetryAnswer,
  /** The answer to `TRANSMIT`. `a`: messages that the socket did not take. */
  Transmitted,
  /** `a`: close code. */
  Close,
  /** `a`: milliseconds. */
  Reconnect,
  /** The answer to the other `MARK`. `a` and `b`: as for `WAKE`. */
  Mark,
}

/** What is to be done next, with the numbers that `value` then gives. */
export const enum Output {
  Nothing,
  Dial,
  /** Offer the queue to the socket. 0: how many messages. */
  Transmit,
  Heartbeat,
  /** 0: close code. */
  Close,
  Abort,
  /** Ask whether to retry. Values as for `NOTIFY_CLOSE`. */
  AskRetry,
  NotifyOpen,
  /** 0: one of `failure`. */
  NotifyError,
  /** 0: close code; 1: 1 if clean; 2: milliseconds until the next attempt, negative for none; 3: 1 if it lasted. */
  NotifyClose,
  /** 0: one of `reason`; 1: messages that were not sent. */
  NotifyEnd,
  NotifyDrain,
  /** 0: milliseconds. */
  NotifyLatency,
  /** To be answered by the other `MARK`. */
  Mark,
}

/** Why an attempt failed. */
export const enum Failure {
  Opaque,
  OpenTimeout,
  HeartbeatTimeout,
}

/** What happened to the page. */
export const enum Page {
  Online,
  Visible,
  Frozen,
  Thawed,
}

/** Why a client has ended. */
export const enum Reason {
  Closed,
  Fatal,
  Exhausted,
  Declined,
}

/** What a client is doing. */
export const enum State {
  Connecting,
  Open,
  Closing,
  Waiting,
  Closed,
}

/** What became of a message that was to be queued. */
export const enum Sent {
  Taken,
  Full,
  Closed,
}

/** Figures of a client, negative where there is none yet. */
export const enum Stat {
  Heartbeats,
  /** Milliseconds. */
  LastRtt,
  /** Milliseconds. */
  SmoothedRtt,
}

/** Options by name. Durations are in milliseconds, and `Infinity` means none. */
export interface Config {
  min: number
  max: number
  factor: number
  jitter: number
  maxAttempts: number
  stableAfter: number
  openTimeout: number
  closeTimeout: number
  interval: number
  timeout: number
  /** Bytes. */
  maxSendBuffer: number
  /** 1 if the URL or the subprotocols come from a function. */
  hasProvider: number
  /** 1 if there is a `shouldReconnect`. */
  hasPredicate: number
  /** From 0 to 1. */
  seed: number
}

/** The names of {@link Config}, each in the place of its number. */
export const SETTINGS = [
  'min',
  'max',
  'factor',
  'jitter',
  'maxAttempts',
  'stableAfter',
  'openTimeout',
  'closeTimeout',
  'interval',
  'timeout',
  'maxSendBuffer',
  'hasProvider',
  'hasPredicate',
  'seed',
] as const
