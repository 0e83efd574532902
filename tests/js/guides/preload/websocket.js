// Defines `WebSocket`, which Node has only from version 22 on.

import { WebSocket } from 'ws'

globalThis.WebSocket ??= WebSocket
