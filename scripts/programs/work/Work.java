import java.nio.ByteBuffer;
import java.util.*;
import java.util.concurrent.*;
import java.util.zip.*;

public class Work {
    static String work(int seed) throws Exception {
        Map<String, StringBuilder> table = new HashMap<>();
        for (int i = 0; i < 100_000; i++) {
            StringBuilder value = table.computeIfAbsent("k" + (i * 7919 + seed) % 20011, key -> new StringBuilder());
            value.append((char) ('a' + i % 26));
            if (i % 7 == 0)
                table.remove("k" + i * 31 % 20011);
        }
        String text = new TreeMap<>(table).toString();
        CRC32 crc = new CRC32();
        // Buffers outside the heap, and zlib's states: these come from malloc.
        List<ByteBuffer> kept = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            ByteBuffer direct = ByteBuffer.allocateDirect(1000 + i * 37 % 30_000);
            direct.put(text.getBytes("UTF-8"), 0, direct.capacity()).flip();
            if (i % 4 == 0)
                kept.add(direct);
            Deflater deflater = new Deflater(1 + i % 9, true);
            deflater.setInput(direct);
            deflater.finish();
            byte[] packed = new byte[40_000];
            crc.update(packed, 0, deflater.deflate(packed));
            deflater.end();
        }
        long sum = kept.stream().mapToLong(ByteBuffer::capacity).sum();
        return table.size() + " " + text.length() + " " + crc.getValue() + " " + sum;
    }

    public static void main(String[] arguments) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        List<Future<String>> results = new ArrayList<>();
        for (int seed = 0; seed < 8; seed++) {
            int own = seed;
            results.add(pool.submit(() -> work(own)));
        }
        for (Future<String> result : results)
            System.out.println(result.get());
        pool.shutdown();
        Thread[] threads = new Thread[200];
        ConcurrentHashMap<Integer, Integer> counts = new ConcurrentHashMap<>();
        for (int n = 0; n < threads.length; n++) {
            int own = n;
            threads[n] = new Thread(() -> {
                for (int i = 0; i < 1000; i++)
                    counts.merge(i % (own + 1), 1, Integer::sum);
            });
            threads[n].start();
        }
        for (Thread thread : threads)
            thread.join();
        System.out.println(counts.size() + " " + counts.values().stream().mapToInt(Integer::intValue).sum());
        Process child = new ProcessBuilder("sh", "-c", "seq 1000 | cksum").start();
        System.out.println(new String(child.getInputStream().readAllBytes()).trim() + " " + child.waitFor());
    }
}
