const { HomingSocket } = require('homing')
const { OPTIONS, scenario } = require('./scenario.js')

scenario(new HomingSocket(process.argv[2], undefined, OPTIONS)).then((seen) => console.log(JSON.stringify(seen)))
