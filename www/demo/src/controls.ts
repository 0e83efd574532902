// The forms and buttons. Each is a form or a button of the page, so that keyboards come for free.

import type { Client } from './client.js'
import { element, numberIn, write } from './dom.js'
import { millis, plural } from './format.js'
import { AWAY, FLOOD, type Server } from './server.js'

function press(id: string, act: () => void): void {
  element(id).addEventListener('click', act)
}

function submit(id: string, act: () => void): void {
  element(id).addEventListener('submit', (event) => {
    event.preventDefault()
    act()
  })
}

const text = (id: string): string => element<HTMLInputElement>(id).value

export function ofClient(client: Client): void {
  submit('send', () => client.send(text('text'), 1))
  submit('send-many', () => client.send('x'.repeat(numberIn('size')), numberIn('times')))
  press('close', () => client.close())
  press('reconnect', () => client.reconnect())
}

export function ofServer(client: Client, server: Server): void {
  /** The log has it before its effects, which take a moment. */
  const order = (said: string, done: Promise<void>): void => {
    client.say('you', `the server shall ${said}`)
    done.catch((error: Error) => client.say('you', `the server cannot be commanded: ${error.message}`))
  }
  const [silence, restart] = [element('silence'), element('restart')]
  press('cut', () => order('cut the connection', server.cut()))
  press('silence', () => {
    const on = silence.ariaPressed !== 'true'
    silence.ariaPressed = `${on}`
    order(on ? 'fall silent' : 'speak again', server.silence(on))
  })
  press('restart', () => {
    // Not `disabled`, which would take the keyboard's focus away.
    if (restart.ariaDisabled === 'true') return
    restart.ariaDisabled = 'true'
    order(
      `restart, and be away for ${millis(AWAY)}`,
      server.restart().finally(() => (restart.ariaDisabled = 'false')),
    )
  })
  press('flood', () => order(`send ${plural(FLOOD.n, 'message')} at once`, server.flood()))
  submit('refuse', () => order(`cut, and refuse the next ${numberIn('refusals')}`, server.refuse(numberIn('refusals'))))
  submit('server-close', () => {
    const [code, reason] = [numberIn('code'), text('reason')]
    order(`close with ${code}`, server.close(code, reason))
  })
}

/** The field for a URL. `server` is undefined where the demo's server is not to be had. */
export function ofUrl(client: Client, server: Server | undefined): void {
  const field = element<HTMLInputElement>('url')
  const beat = element<HTMLInputElement>('beat')
  const home = element<HTMLButtonElement>('home')

  const connect = (): void => {
    const fault = element('url-fault')
    try {
      client.connect(field.value, beat.checked)
      write(fault, '')
      field.removeAttribute('aria-invalid')
      offerCommands(server, server?.has(field.value) ?? false)
    } catch (error) {
      write(fault, (error as Error).message)
      field.ariaInvalid = 'true'
    }
  }
  const goHome = (): void => {
    if (!server) return
    field.value = server.url
    beat.checked = true
    connect()
  }
  submit('where', connect)
  press('home', goHome)
  home.disabled = !server
  // Few servers send back what they receive.
  field.addEventListener('change', () => (beat.checked = server?.has(field.value) ?? false))
  offerCommands(server, false)
  goHome()
}

/** The server can be commanded only where the client is connected to it; why not is told. */
function offerCommands(server: Server | undefined, connected: boolean): void {
  element<HTMLFieldSetElement>('server').disabled = !connected
  const elsewhere = 'These command the demo’s own server, and the client is connected to another one.'
  const gone = 'The demo’s server does not answer, so there is nothing to command.'
  write(element('server-note'), connected ? 'What shall go wrong?' : server ? elsewhere : gone)
}
