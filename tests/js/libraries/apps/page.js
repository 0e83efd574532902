import * as centrifuge from './centrifuge.js'
import * as graphql from './graphql-ws.js'
import * as hocuspocus from './hocuspocus.js'
import * as mqtt from './mqtt.js'
import * as phoenix from './phoenix.js'
import * as rxjs from './rxjs.js'
import * as sharedb from './sharedb.js'
import * as signalr from './signalr.js'
import * as stomp from './stomp.js'
import { attempt } from './support.js'
import * as trpc from './trpc.js'
import * as yjs from './y-websocket.js'

const { searchParams } = new URL(location.href)
const others = { centrifuge, hocuspocus, mqtt, phoenix, rxjs, sharedb, signalr, stomp, trpc }
const { cases } = { 'graphql-ws': graphql, 'y-websocket': yjs, ...others }[searchParams.get('library')]
attempt(cases[searchParams.get('name')], searchParams.get('server'), globalThis.control).then(
  () => (globalThis.result = 'fine'),
  (error) => (globalThis.result = `${error.stack}`),
)
