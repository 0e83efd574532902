// The demo's server: a test server that misbehaves by remote control.

declare const CONTROL: string

/** Milliseconds for which it is down when it is restarted. */
export const AWAY = 3000
export const FLOOD = { n: 50_000, size: 64 }

async function ask(path: string, options?: RequestInit): Promise<string> {
  const response = await fetch(CONTROL + path, options)
  if (!response.ok) throw new Error(`${path}: ${response.status}`)
  return response.text()
}

export class Server {
  readonly #port: string
  /** The URL of a path that echoes without recording the messages. */
  readonly url: string

  private constructor(port: string) {
    this.#port = port
    this.url = `ws://127.0.0.1:${port}/echo?quiet=1`
    // A page that may return from the back/forward cache still needs the server.
    addEventListener('pagehide', ({ persisted }) => {
      if (!persisted) ask(`/${port}/end`, { keepalive: true }).catch(() => {})
    })
  }

  static async start(): Promise<Server> {
    return new Server(await ask('/start'))
  }

  /** Whether a URL is of this server, whatever its path. */
  has(url: string): boolean {
    return URL.canParse(url) && new URL(url).host === `127.0.0.1:${this.#port}`
  }

  #order(command: string, parameters: Record<string, string | number> = {}): Promise<string> {
    return ask(`/${this.#port}/${command}?${new URLSearchParams(parameters as Record<string, string>)}`)
  }

  async cut(): Promise<void> {
    await this.#order('cut_all')
  }

  async silence(on: boolean): Promise<void> {
    await this.#order('silence', { on: Number(on) })
  }

  /** Cuts the connection and refuses the next attempts. */
  async refuse(n: number): Promise<void> {
    await this.#order('refuse_next', { n })
    await this.#order('cut_all')
  }

  async restart(): Promise<void> {
    await this.#order('stop')
    await new Promise((resolve) => setTimeout(resolve, AWAY))
    await this.#order('restart')
  }

  async flood(): Promise<void> {
    await this.#order('flood_all', FLOOD)
  }

  async close(code: number, reason: string): Promise<void> {
    await this.#order('close_all', { code, reason })
  }
}
