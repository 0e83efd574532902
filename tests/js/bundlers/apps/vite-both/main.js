import '../both.js'
