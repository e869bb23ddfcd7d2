const http = require("http");
const server = http.createServer((request, response) => {
  response.setHeader("Content-Type", "text/plain; charset=utf-8");
  response.end("hello");
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
