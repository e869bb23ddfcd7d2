const net = require("net");
const CLIENTS = 9900, MESSAGES = 10;

function connect(port) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, "127.0.0.1", () => resolve(socket));
    socket.setNoDelay(true);
    socket.setEncoding("utf8");
    socket.on("error", reject);
  });
}

function talk(socket) {
  return new Promise((resolve) => {
    let sent = 0, right = 0;
    socket.on("data", (text) => {
      if (text === `message ${sent}`) right++;
      if (++sent === MESSAGES) {
        socket.end();
        resolve(right);
      } else {
        socket.write(`message ${sent}`);
      }
    });
    socket.write("message 0");
  });
}

const server = net.createServer((socket) => {
  socket.setNoDelay(true);
  socket.on("data", (data) => socket.write(data));
});
server.listen(0, "127.0.0.1", async () => {
  const sockets = [];
  for (let i = 0; i < CLIENTS; i++) sockets.push(await connect(server.address().port));
  const right = await Promise.all(sockets.map(talk));
  console.log(right.reduce((a, b) => a + b));
  server.close();
});
