<?php
// Workerman. It neither splits messages nor lets the program see or choose codes.
use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Websocket;
use Workerman\Worker;

require getenv('AUTOLOAD');

$tls = ['ssl' => ['local_cert' => getenv('CERT'), 'local_pk' => getenv('KEY'), 'verify_peer' => false]];
$worker = new Worker('websocket://127.0.0.1:' . getenv('PORT'), getenv('CERT') ? $tls : []);
if (getenv('CERT')) {
    $worker->transport = 'ssl';
}
Worker::$pidFile = tempnam(sys_get_temp_dir(), 'workerman');
Worker::$logFile = '/dev/null';
Worker::$stdoutFile = '/dev/stderr';
TcpConnection::$defaultMaxPackageSize = 1 << 24;
TcpConnection::$defaultMaxSendBufferSize = 1 << 24;

function answer(TcpConnection $connection, string $type, string $message): void
{
    $connection->websocketType = $type;
    $connection->send($message);
}

$worker->onMessage = function (TcpConnection $connection, string $data) {
    // The program does not see the type of a message either.
    $isText = preg_match('//u', $data) && ($data === '' || ord($data[0]) >= 0x20);
    $type = $isText ? Websocket::BINARY_TYPE_BLOB : Websocket::BINARY_TYPE_ARRAYBUFFER;
    $words = $type === Websocket::BINARY_TYPE_BLOB ? explode(' ', $data, 3) : [''];
    switch ($words[0]) {
        case '/fragments':
        case '/last-close':
            answer($connection, $type, 'unsupported');
            break;
        case '/ping':
            answer($connection, "\x89", 'from the server');
            $connection->websocketType = $type;
            break;
        case '/close':
            // A frame as it goes over the wire, without the library.
            $payload = pack('n', (int) $words[1]) . $words[2];
            $connection->close("\x88" . chr(strlen($payload)) . $payload, true);
            break;
        default:
            answer($connection, $type, $data);
    }
};
$worker->onWebSocketPong = fn (TcpConnection $connection) => answer($connection, Websocket::BINARY_TYPE_BLOB, 'pong');

// `start` is what its command line expects.
$argv = [$argv[0], 'start', '-q'];
Worker::runAll();
