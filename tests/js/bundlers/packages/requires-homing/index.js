// A library of the older kind: CommonJS, and its user gets sockets of the class that it has required.
const { HomingSocket } = require('homing')

exports.connect = (...args) => new HomingSocket(...args)
exports.Required = HomingSocket
