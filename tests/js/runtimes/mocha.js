// Mocha's build for browsers, which also works without one. Imported before the tests, which use the global `it`.

import 'mocha/mocha.js'

globalThis.mocha.setup({ ui: 'bdd', timeout: 90_000 })
