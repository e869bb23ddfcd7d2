function quote(s) {
  let result = '"';
  for (const c of s) {
    if (c === '"' || c === "\\") {
      result += "\\";
    }
    result += c;
  }
  return result + '"';
}

function record(i) {
  const tags = [];
  for (let t = 0; t < i % 4; t++) {
    tags.push(quote(`tag${t}`));
  }
  return "{" + quote("id") + ":" + String(i) + "," + quote("name") + ":" + quote(`user "${i % 50}"`)
    + "," + quote("tags") + ":[" + tags.join(",") + "]}";
}

let total = 0;
for (let round = 0; round < 5; round++) {
  const parts = [];
  for (let i = 0; i < 20000; i++) {
    parts.push(record(i));
  }
  const text = "[" + parts.join(",") + "]";
  total += text.length + text.split('\\"').length + round;
}
console.log(total);
