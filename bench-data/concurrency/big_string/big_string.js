const { Worker, isMainThread, parentPort } = require("worker_threads");
if (isMainThread) {
  const text = "0123456789abcdef".repeat(4000000);
  const lengths = Array.from({ length: 4 }, () => new Promise((resolve) => {
    const worker = new Worker(__filename);
    worker.on("message", resolve);
    worker.postMessage(text);
  }));
  Promise.all(lengths).then((all) => console.log(all.reduce((a, b) => a + b)));
} else {
  parentPort.once("message", (text) => {
    parentPort.postMessage(text.length);
    parentPort.close();
  });
}
