"""Pictures, films, documents and graphs: what is drawn is the same, to the last pixel."""

from .program import maker

media = maker("media")

PROGRAMS = (
    # What libx264 writes depends on memory that it has not written before: with glibc's own malloc it differs under
    # GLIBC_TUNABLES=glibc.malloc.perturb=85. So its film is counted and looked at, and another's is compared.
    media("ffmpeg", "ffmpeg", "ffmpeg", "ffmpeg -version", r"""
        run() { ffmpeg -v error -nostdin -y "$@"; }
        film() {
            run -f lavfi -i testsrc2=size=320x240:rate=25:duration=$MANY -f lavfi -i sine=440:duration=$MANY \
                -threads 2 -c:a aac -bitexact -flags +bitexact -fflags +bitexact "$@"
        }
        film -c:v libx264 -preset fast x264.mkv
        run -i x264.mkv -map 0:v -f framemd5 - | grep -vc '^#'
        film -c:v mpeg4 film.mkv
        sha256sum <film.mkv
        run -threads 2 -i film.mkv -filter_complex '[0:v]scale=480:-2,split[a][b];[b]hflip,boxblur=4[c];[a][c]hstack' \
            -filter_threads 2 -c:v mpeg4 -threads 2 -bitexact -f framemd5 - | sha256sum
        run -i film.mkv -vf fps=5 frame%02d.png; cat frame*.png | sha256sum"""),

    media("imagemagick", "convert-im6.q16 identify-im6.q16 compare-im6.q16", "imagemagick",
          "for tool in convert identify compare; do $tool-im6.q16 -version; done", r"""
        export MAGICK_THREAD_LIMIT=2
        convert-im6.q16 -seed 1 -size 700x500 plasma:red-blue -depth 8 made.png
        identify-im6.q16 -format '%wx%h %z %k\n' made.png
        for effect in '-blur 0x3' '-resize 150%' '-rotate 33' '-posterize 4 -edge 2' '-swirl 90' '-distort Arc 60' \
                      '-colors 16 -ordered-dither o8x8' '-crop 50x50 -append'; do
            convert-im6.q16 made.png $effect -depth 8 rgb:- | sha256sum
        done
        convert-im6.q16 made.png -quality 85 made.jpg; convert-im6.q16 made.jpg rgb:- | sha256sum
        compare-im6.q16 -metric AE made.png made.png null: 2>&1; echo"""),

    media("ghostscript", "gs", "ghostscript", "gs --version", r"""
        draw() { gs -q -dNOPAUSE -dBATCH -dSAFER -dNumRenderingThreads=2 "$@"; }
        draw -sDEVICE=png16m -r60 -sOutputFile=page%02d.png "$IN/pages.ps"; cat page*.png | sha256sum
        draw -sDEVICE=pdfwrite -sOutputFile=made.pdf "$IN/pages.ps"
        draw -sDEVICE=bmpgray -r40 -dGraphicsAlphaBits=4 -sOutputFile=page%02d.bmp made.pdf; cat page*.bmp | sha256sum
        draw -sDEVICE=txtwrite -sOutputFile=- made.pdf | sha256sum"""),

    media("poppler", "pdftotext pdftoppm pdfinfo pdftocairo", "poppler-utils",
          "pdftotext -v; pdftoppm -v; pdfinfo -v; pdftocairo -v", r"""
        pdfinfo "$IN/document.pdf" | grep Pages
        pdftotext -layout "$IN/document.pdf" - | sha256sum
        pdftotext -bbox "$IN/document.pdf" - | sha256sum
        pdftoppm -r 60 "$IN/document.pdf" page; cat page*.ppm | sha256sum
        pdftocairo -svg -f 1 -l 3 "$IN/document.pdf" made.svg; sha256sum <made.svg"""),

    media("graphviz", "dot neato", "graphviz", "dot -V; neato -V", r"""
        dot -Tplain "$IN/graph.dot" | sha256sum
        dot -Tsvg "$IN/graph.dot" | sha256sum
        neato -Gstart=1 -Tplain "$IN/graph.dot" | sha256sum"""),
)
