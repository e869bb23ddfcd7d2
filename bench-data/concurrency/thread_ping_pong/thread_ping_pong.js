const { Worker, isMainThread, parentPort } = require("worker_threads");
if (isMainThread) {
  const worker = new Worker(__filename);
  const n = 20000;
  let rounds = 0;
  worker.on("message", (ball) => {
    if (++rounds < n) return worker.postMessage(ball);
    console.log(ball);
    worker.postMessage(null);
  });
  worker.postMessage(0);
} else {
  parentPort.on("message", (ball) => {
    if (ball === null) parentPort.close();
    else parentPort.postMessage(ball + 1);
  });
}
