const { Worker, isMainThread, parentPort, workerData } = require("worker_threads");
function spawn(n) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(__filename, { workerData: n });
    let result;
    worker.on("message", (value) => { result = value; });
    worker.on("error", reject);
    worker.on("exit", () => resolve(result));
  });
}
async function total(n) {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += await spawn(i);
  return sum;
}
if (isMainThread) total(200).then(console.log);
else parentPort.postMessage(workerData * workerData);
