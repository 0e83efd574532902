import init, { Client } from '../pkg/homing_pages.js'
import { serve } from './serve.js'

serve(async (url, notify) => {
  await init()
  self.client = new Client(url, {}, notify)
})
