// socket.io with its default settings: what somebody publishes goes out to everybody else.
//
//     node socketio.cjs PORT

const { createServer } = require("http");
const { Server } = require("socket.io");

const server = createServer();
const io = new Server(server);

io.on("connection", (socket) => {
  socket.on("publish", (event) => {
    socket.broadcast.emit("event", event);
  });
});

server.listen(Number(process.argv[2]), "127.0.0.1");
