// Modules to evaluate before all others. Imported without names, since React Native's bundler delays the evaluation of modules with
// imported names until one of them is used.

import './host.js'
import '../mocha.js'

// Chai needs these globals while it is loaded. React Native has neither, so the package must work without them.
Object.assign(globalThis, {
  Event: class {},
  EventTarget: class {
    dispatchEvent() {}
  },
})
require('chai')
delete globalThis.Event
delete globalThis.EventTarget
