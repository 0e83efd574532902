import { ReconnectingWebSocket } from '@nktkas/rews'

// It supports only the browser's class.
export const make = (url) => new ReconnectingWebSocket(url)
