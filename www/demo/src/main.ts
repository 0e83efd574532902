// The page: a client, its figures and its plots, drawn ten times a second.

import { Client } from './client.js'
import { ofClient, ofServer, ofUrl } from './controls.js'
import { element, write } from './dom.js'
import { bytes, compact, count, millis } from './format.js'
import { Log } from './log.js'
import { Meter, Rate } from './meter.js'
import { draw, lanes, lines } from './plots.js'
import { Server } from './server.js'
import { States } from './states.js'
import { calm } from './theme.js'
import { WINDOW } from './track.js'

const meter = new Meter()
const states = new States()
const log = new Log(element('log'))
const client = new Client(log, meter, states)

const plots = {
  states: lanes('states-plot'),
  roundTrips: lines('round-trip-plot', ['--round-trip'], 1, millis, true),
  messages: lines('messages-plot', ['--in', '--out'], 10, compact),
  bytes: lines('bytes-plot', ['--in', '--out'], 1000, bytes),
  queue: lines('queue-plot', ['--queue'], 1000, bytes),
}

/** Updates the figures. */
function update(now: number): void {
  const { socket } = client
  if (!socket) return
  const { state, stats, bufferedAmount } = socket
  const shown = element('state')
  write(shown, state)
  shown.dataset.state = state
  const left = states.left(now)
  write(element('left'), state === 'waiting' && left !== undefined ? `next in ${(left / 1000).toFixed(1)} s` : '')
  write(element('attempts'), count(stats.attempts))
  write(element('reconnects'), count(stats.reconnects))
  write(element('sent'), count(stats.messagesSent))
  write(element('received'), count(stats.messagesReceived))
  write(element('lost'), count(stats.messagesLost))
  write(element('queued'), bytes(bufferedAmount))
  write(element('rtt'), stats.smoothedRtt === undefined ? '–' : millis(stats.smoothedRtt))
}

function paint(now: number): void {
  const { rates } = meter
  const perPixel = WINDOW / plots.states.bbox.width
  draw(plots.states, states.lanes(now, 4 * devicePixelRatio * perPixel))
  draw(plots.roundTrips, client.roundTrips.seen(now, 0))
  draw(plots.messages, rates.seen(now, Rate.In, Rate.Out))
  draw(plots.bytes, rates.seen(now, Rate.BytesIn, Rate.BytesOut))
  draw(plots.queue, rates.seen(now, Rate.Queue))
}

/** Milliseconds between two frames, in which the plots of a minute move by about a pixel. */
const EVERY = 100

let painted = -Infinity

function frame(): void {
  const now = performance.now()
  const { socket } = client
  client.settle(now)
  if (socket) meter.tick(socket, now)
  update(now)
  log.flush()
  if (!calm.matches || now - painted >= 1000) {
    painted = now
    paint(now)
  }
  // Not with every frame, to save CPU time; and not while the page is hidden.
  setTimeout(requestAnimationFrame, EVERY, frame)
}

const server = await Server.start().catch(() => undefined)
ofClient(client)
if (server) ofServer(client, server)
ofUrl(client, server)
requestAnimationFrame(frame)
