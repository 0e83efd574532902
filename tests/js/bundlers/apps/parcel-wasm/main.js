import '../wasm.js'
