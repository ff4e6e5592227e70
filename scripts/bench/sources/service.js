// A service's work: JSON, maps, buffers, compression and hashes, some of them on the worker threads. Argument: rounds.
const crypto = require('crypto');
const util = require('util');
const zlib = require('zlib');
const deflate = util.promisify(zlib.deflate);
const inflate = util.promisify(zlib.inflate);

async function round(turn) {
    const rows = [];
    for (let n = 0; n < 3000; n++)
        rows.push({ id: n, name: `name ${(n * 7919 + turn) % 10007}`, tags: ['a', 'b', `t${n % 13}`], at: n / 7 });
    const text = JSON.stringify(rows);
    const packed = await Promise.all([0, 1, 2, 3].map(k => deflate(Buffer.from(text.slice(k * 40000)), { level: 1 })));
    const back = await Promise.all(packed.map(part => inflate(part)));
    const parsed = JSON.parse(back[0].toString());
    const chunks = [];
    for (const row of parsed) {
        const line = Buffer.from(JSON.stringify(row));
        chunks.push(Buffer.concat([Buffer.alloc(8 + row.id % 64), line, Buffer.allocUnsafeSlow(100 + row.id % 3000)
            .fill(row.id % 251)]));
    }
    const hash = crypto.createHash('sha1');
    for (const chunk of chunks)
        hash.update(crypto.createHash('md5').update(chunk).digest());
    const latin = Buffer.concat(chunks).toString('latin1');
    return hash.digest('hex') + latin.length;
}

async function main() {
    let check = '';
    for (let turn = 0; turn < Number(process.argv[2]); turn++)
        check = crypto.createHash('sha1').update(check + await round(turn)).digest('hex');
    console.log(check);
}

main();
