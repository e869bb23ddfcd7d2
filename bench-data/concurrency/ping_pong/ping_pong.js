class Channel {
  values = [];
  receivers = [];
  send(v) {
    const receiver = this.receivers.shift();
    if (receiver) receiver(v); else this.values.push(v);
  }
  receive() {
    if (this.values.length) return Promise.resolve(this.values.shift());
    return new Promise((resolve) => this.receivers.push(resolve));
  }
}
const ping = new Channel(), pong = new Channel();
async function player() {
  for (;;) {
    const v = await ping.receive();
    if (v === null) return;
    pong.send(v + 1);
  }
}
async function game(n) {
  let ball = 0;
  for (let i = 0; i < n; i++) {
    ping.send(ball);
    ball = await pong.receive();
  }
  ping.send(null);
  return ball;
}
player();
game(200000).then(console.log);
