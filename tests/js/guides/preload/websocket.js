// What pages have, and Node only from version 22 on.

import { WebSocket } from 'ws'

globalThis.WebSocket ??= WebSocket
