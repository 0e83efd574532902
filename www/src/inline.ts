/**
 * The same with everything in it, for places without assets: bundlers that leave files behind, single scripts, Node.
 * @module
 */

import { embedded } from './embedded.js'
import { setLoader } from './load.js'

setLoader(embedded)

export * from './entry.js'
export { default } from './entry.js'
