function work(i) {
  const line = `id=${i};name=user ${i % 100};role=reader,writer;city=Old Town`;
  let total = 0;
  for (const field of line.split(";")) {
    const parts = field.split("=");
    total += parts[0].length + parts[1].length;
  }
  const joined = line.split(";").join(" | ");
  const changed = joined.toUpperCase().replaceAll("READER", "OWNER");
  if (changed.includes("OWNER,WRITER")) {
    total += changed.indexOf("CITY");
  }
  if (changed.startsWith("ID=")) {
    total += changed.substring(3, 9).trim().length;
  }
  return total;
}

let total = 0;
for (let i = 0; i < 100000; i++) {
  total += work(i);
}
console.log(total);
