// A program that uses one client at random, and what must hold whatever it does.

import { Laws } from './laws.js'
import { socketClass } from './sockets.js'
import { NAMES, TYPES } from './steps.js'
import { make } from './values.js'
import { Own, onPage } from './world.js'

const own = (what) => {
  throw new Own(what)
}

export class Caller {
  /** What happened, for the comparison of both entries. */
  log = []
  sockets = []
  #client
  #laws
  #numbers = 0
  #controller = new AbortController()
  #SetupError
  /** The program does nothing more. */
  #isCalm = false
  /** What goes wrong in the class of its sockets. */
  #class = { fault: undefined }

  constructor({ HomingSocket, SetupError }, { options, misuse, isTarget, fault }) {
    this.#SetupError = SetupError
    this.#class.fault = fault
    this.#laws = new Laws(this.sockets, fault)
    const WebSocket = socketClass({ isTarget, sockets: this.sockets, given: this.#class })
    const given = this.#options(options)
    if (given.heartbeat) given.heartbeat.message = 'beat'
    Object.assign(given, { WebSocket })
    let url = this.#url(options.provider)
    let protocols
    if (misuse) {
      const value = make(misuse.value)
      const { name } = misuse
      if (name === 'url') url = value
      else if (name === 'protocols') protocols = value
      else if (NAMES.reconnect.includes(name)) {
        given.reconnect = { ...Object(given.reconnect), [name]: value }
      } else if (NAMES.heartbeat.includes(name)) {
        given.heartbeat = { message: 'beat', ...given.heartbeat, [name]: value }
      } else if (name !== 'options') given[name] = value
    }
    const made = this.#attempt(
      'constructor',
      () => new HomingSocket(url, protocols, misuse?.name === 'options' ? make(misuse.value) : given),
    )
    if (!made) {
      this.#laws.nothingLives('after a constructor that threw')
      return
    }
    this.#client = made
    this.queues = given.queue !== false
    for (const type of TYPES) made.addEventListener(type, (event) => this.#emitted(event))
  }

  #url(provider) {
    const url = 'ws://example.com/'
    switch (provider) {
      case 'url':
        return () => url
      case 'later':
        return () => new Promise((resolve) => setTimeout(() => resolve(url), 50))
      case 'throws':
        return () => own('provider')
      case 'strange':
        return async () => make('revoked')
      default:
        return url
    }
  }

  #options({ predicate, setup, hasSignal, provider: _, ...options }) {
    const given = { ...options }
    for (const [name, value] of Object.entries(given)) if (value === undefined) delete given[name]
    const acts = {
      closes: () => this.#call({ do: 'close' }),
      reconnects: () => this.#call({ do: 'reconnect' }),
      throws: () => own('function'),
    }
    if (predicate) {
      const answer = { true: () => true, false: () => false, promise: () => Promise.resolve(false), ...acts }[predicate]
      given.reconnect = { ...Object(given.reconnect), shouldReconnect: answer }
    }
    if (given.heartbeat) {
      const { isReply, ...times } = given.heartbeat
      given.heartbeat = isReply ? { ...times, isReply: (data) => data === 'reply' } : times
    }
    if (setup) {
      given.setup = async (session) => {
        this.log.push('set-up')
        if (setup === 'sends') session.send(this.#laws.ofSetUp())
        if (setup === 'receives') this.log.push(`set-up received ${await session.receive()}`)
        if (setup === 'never') await new Promise(() => {})
        if (setup === 'fatal') throw new this.#SetupError('no', { code: 4001, fatal: true })
        acts[setup]?.()
      }
    }
    if (hasSignal) given.signal = this.#controller.signal
    return given
  }

  #emitted(event) {
    const client = this.#client
    this.#laws.emitted(event, client)
    const detail = {
      message: event.data,
      close: event.code,
      end: event.reason,
      reconnecting: event.delay,
      latency: event.latency,
    }
    this.log.push(`event ${event.type} ${String(detail[event.type] ?? '')}, ${client.state} ${client.readyState}`)
  }

  /** Calls a function, and notes its result or what it has thrown. */
  #attempt(what, act) {
    try {
      const result = act()
      this.log.push(`${what}: ${typeof result === 'object' ? 'object' : String(result)}`)
      return result
    } catch (error) {
      // Those of the engine contain names that minification has changed.
      const text = /^(homing:|own$|class:)/.test(error?.message) ? error.message : ''
      this.log.push(`${what} threw ${error?.name}: ${text}`)
      this.#laws.thrown(error, what)
      return undefined
    }
  }

  act(step) {
    if (!this.#client) return
    if (step.do === 'listen') this.#listen(step)
    else if (!this.#happens(step)) this.#call(step)
    this.look()
  }

  #listen({ type, skip, stops, calls }) {
    let left = skip
    this.#client.addEventListener(type, (event) => {
      if (left-- !== 0) return
      if (stops) event.stopImmediatePropagation()
      calls.forEach((call) => this.#call(call))
    })
  }

  /** What servers, the network and the page do. Returns whether the step is that. */
  #happens(step) {
    const socket = this.sockets.at(-1 - (step.ago ?? 0))
    switch (step.do) {
      case 'opens':
        socket?.opens()
        return true
      case 'receives':
        socket?.receives(this.#numbers++ % 3 === 0 ? 'reply' : `p${this.#numbers}`)
        return true
      case 'closes':
        socket?.closes()
        return true
      case 'ends':
        socket?.ends(step, step.hasFailed)
        return true
      case 'holds':
        if (socket) socket.held = step.bytes
        return true
      case 'fails only':
        socket?.failsOnly()
        return true
      case 'page':
        onPage(step.type, step.persisted)
        return true
      default:
        return false
    }
  }

  #call(step) {
    const client = this.#client
    const laws = this.#laws
    if (!client || this.#isCalm) return
    switch (step.do) {
      case 'send': {
        const message = laws.message()
        const before = laws.accepts(client, this.queues)
        this.#attempt('send', () => {
          client.send(message)
          laws.sent(message, before)
        })
        return
      }
      case 'send strange':
        return void this.#attempt('send', () => client.send(make(step.value)))
      case 'close':
        return void this.#attempt('close', () => {
          if (step.code) client.close(step.code, 'bye')
          else client.close()
          laws.closed()
        })
      case 'close strange':
        return void this.#attempt('close', () => {
          client.close(make(step.code), make(step.reason))
          laws.closed()
        })
      case 'reconnect':
        return void this.#attempt('reconnect', () => {
          laws.reconnects()
          client.reconnect(step.delay ?? 0)
        })
      case 'reconnect strange':
        return void this.#attempt('reconnect', () => {
          client.reconnect(make(step.delay))
          laws.reconnects()
        })
      case 'ping':
        return this.#settles('ping', client.ping())
      case 'promises':
        this.#settles('opened', client.opened)
        return this.#settles('closed', client.closed)
      case 'iterate':
        return this.#settles('next', client[Symbol.asyncIterator]().next())
      case 'take':
        return void this.#attempt('take', () => laws.taken(client.takeUnsent()))
      case 'abort':
        return this.#controller.abort()
      case 'throw':
        return own('step')
      case 'binaryType':
        return void this.#attempt('binaryType', () => (client.binaryType = make(step.value)))
      case 'handler':
        return void this.#attempt('handler', () => (client[`on${step.type}`] = make(step.value)))
      case 'add strange':
        return void this.#attempt('add', () => client.addEventListener(step.type, make(step.value), make(step.options)))
      case 'remove strange':
        return void this.#attempt('remove', () => client.removeEventListener(step.type, make(step.value)))
      case 'dispatch':
        return void this.#attempt('dispatch', () => {
          laws.ofProgram = true
          client.dispatchEvent(new Event(step.type))
          laws.ofProgram = false
        })
    }
  }

  /** Notes what becomes of a promise. */
  #settles(what, promise) {
    promise.then(
      (value) => this.log.push(`${what} resolved: ${typeof value === 'object' ? 'object' : String(value)}`),
      (error) => {
        this.log.push(`${what} rejected: ${error?.name}`)
        this.#laws.thrown(error, what)
      },
    )
  }

  /** Notes what the client shows. */
  look() {
    const client = this.#client
    if (!client) return
    const seen = ['state', 'readyState', 'url', 'binaryType', 'bufferedAmount', 'protocol'].map((name) => {
      try {
        return client[name]
      } catch (error) {
        this.#laws.thrown(error, name)
        return error.message
      }
    })
    this.log.push(JSON.stringify([...seen, this.sockets.length]))
    this.#laws.look(client)
  }

  /** Ends the client for good, whatever it had asked for. */
  end() {
    this.#isCalm = true
    this.#class.fault = undefined
    if (this.#client) this.#attempt('close', () => this.#client.close())
    this.#laws.closed()
  }

  finished() {
    if (!this.#client) return
    this.#laws.taken(this.#client.takeUnsent())
    this.#laws.finished(this.#client)
    this.log.push(JSON.stringify(this.#client.stats))
  }
}
