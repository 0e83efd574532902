// What has to be there before anything else. Without names, as React Native's bundler evaluates a module with imported names only
// when one of them is used.

import './host.js'
import '../mocha.js'

// Chai uses these two while it is loaded. React Native has neither, and the package must do without.
Object.assign(globalThis, {
  Event: class {},
  EventTarget: class {
    dispatchEvent() {}
  },
})
require('chai')
delete globalThis.Event
delete globalThis.EventTarget
