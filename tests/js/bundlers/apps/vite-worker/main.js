import '../in-worker.js'
