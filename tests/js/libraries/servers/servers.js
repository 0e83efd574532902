// The libraries' servers, by the names of the files in `apps`.

import { mqtt, stomp } from './brokers.js'
import { graphql, rxjs, trpc } from './calls.js'
import { centrifuge, phoenix, signalr } from './channels.js'
import { hocuspocus, sharedb, yWebsocket } from './documents.js'

export const servers = {
  centrifuge,
  'graphql-ws': graphql,
  hocuspocus,
  mqtt,
  phoenix,
  rxjs,
  sharedb,
  signalr,
  stomp,
  trpc,
  'y-websocket': yWebsocket,
}
