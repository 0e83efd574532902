// Asks the test server's control not by `fetch`, which some environments lack, and jsdom lets ask nobody else.

import http from 'node:http'

export const ask = (path) =>
  new Promise((resolve, reject) => {
    const request = http.get(process.env.HOMING_CONTROL + path, { agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (chunk) => (body += chunk))
      response.on('end', () => (response.statusCode === 200 ? resolve(body) : reject(new Error(`${path}: ${body}`))))
    })
    request.on('error', reject)
  })
