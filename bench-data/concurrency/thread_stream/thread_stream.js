const { Worker, isMainThread, parentPort } = require("worker_threads");
if (isMainThread) {
  const worker = new Worker(__filename);
  worker.on("message", (sum) => console.log(sum));
  for (let i = 0; i < 1000000; i++) worker.postMessage(i);
  worker.postMessage(null);
} else {
  let sum = 0;
  parentPort.on("message", (n) => {
    if (n !== null) return void (sum += n);
    parentPort.postMessage(sum);
    parentPort.close();
  });
}
