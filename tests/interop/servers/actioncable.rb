# Puma with the WebSocket connection of Action Cable, below its protocol of channels.
require 'action_cable'
require 'puma'
require 'puma/minissl'

$last_close = ''
EVENT_LOOP = ActionCable::Connection::StreamEventLoop.new

class Connection
  def initialize(env)
    @env = env
    @socket = ActionCable::Connection::ClientSocket.new(env, self, EVENT_LOOP, [])
  end

  def response = WebSocket::Driver.websocket?(@env) ? @socket.rack_response : [400, {}, ['no WebSocket']]

  def on_open = nil

  def on_message(message)
    order, code, *reason = message.is_a?(String) ? message.split(' ') : []
    case order
    when '/fragments', '/ping' then @socket.transmit('unsupported')
    when '/close' then @socket.close(code.to_i, reason.join(' '))
    when '/last-close' then @socket.transmit($last_close)
    else @socket.transmit(message)
    end
  end

  def on_error(message) = warn(message)

  def on_close(reason, code)
    $last_close = "#{code} #{reason}".strip
  end
end

server = Puma::Server.new(->(env) { Connection.new(env).response })
port = ENV['PORT'].to_i
if ENV['CERT']
  context = Puma::MiniSSL::Context.new
  context.cert = ENV['CERT']
  context.key = ENV['KEY']
  context.verify_mode = Puma::MiniSSL::VERIFY_NONE
  server.add_ssl_listener('127.0.0.1', port, context)
else
  server.add_tcp_listener('127.0.0.1', port)
end
server.run.join
