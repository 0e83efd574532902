// The tools are installed further up than where Next would look for them.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const tools = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
export default { turbopack: { root: tools }, outputFileTracingRoot: tools }
