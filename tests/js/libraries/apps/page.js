import * as graphql from './graphql-ws.js'
import * as mqtt from './mqtt.js'
import { attempt } from './support.js'
import * as yjs from './y-websocket.js'

const { searchParams } = new URL(location.href)
const { cases } = { 'graphql-ws': graphql, 'y-websocket': yjs, mqtt }[searchParams.get('library')]
attempt(cases[searchParams.get('name')], searchParams.get('server'), globalThis.control).then(
  () => (globalThis.result = 'fine'),
  (error) => (globalThis.result = `${error.stack}`),
)
