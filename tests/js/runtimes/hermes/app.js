// The app in Hermes: React Native's `WebSocket`, the package, and the cases.

import './first.js'
import { HomingSocket } from 'homing'
import { HomingSocket as AsWebAssembly } from 'homing/wasm'
import WebSocket from 'react-native/Libraries/WebSocket/WebSocket'
import { AbortController } from 'react-native/src/private/webapis/dom/abort-api/AbortController'
import { results } from '../all.js'
import { ask, Blob, done } from './host.js'
import './only.js'

Object.assign(globalThis, { AbortController, Blob, WebSocket })
results('', { HomingSocket, ask, options: {}, isAndroid: true }).then(
  (results) => done({ isOne: HomingSocket === AsWebAssembly && HomingSocket === require('homing').default, results }),
  (error) => done({ error: `${error}\n${error.stack}` }),
)
