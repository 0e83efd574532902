// Mocha's build for browsers, which needs nothing of one. Imported before the tests, which find `it` in the global scope.

import 'mocha/mocha.js'

globalThis.mocha.setup({ ui: 'bdd', timeout: 90_000 })
