(use-modules (ice-9 threads) (ice-9 regex) (ice-9 rdelim) (srfi srfi-1))

(define table (make-hash-table))
(do ((i 0 (+ i 1))) ((= i 150000))
  (let ((key (number->string (modulo (* i 7919) 20011))))
    (hash-set! table key (cons i (hash-ref table key '())))
    (if (zero? (modulo i 7)) (hash-remove! table (number->string (modulo (* i 31) 20011))))))
(display (hash-fold (lambda (key value sum) (+ sum (length value) (string-length key))) 0 table)) (newline)

(define (tree depth) (if (zero? depth) '() (list (tree (- depth 1)) (make-string depth #\x) (tree (- depth 1)))))
(define (weigh node) (if (null? node) 1 (+ (weigh (car node)) (string-length (cadr node)) (weigh (caddr node)))))
(display (map (lambda (n) (weigh (tree 13))) (iota 4))) (newline)

(define text (string-join (map number->string (iota 60000)) ","))
(display (list (string-length text) (length (list-matches "[0-9]*77[0-9]*" text)))) (newline)
;; Large integers allocate by GMP.
(display (modulo (fold * 1 (iota 2500 1)) (- (expt 2 521) 1))) (newline)
(display (par-map (lambda (n) (length (delete-duplicates (map (lambda (i) (modulo (* i i) (+ n 500))) (iota 3000)))))
                  (iota 4))) (newline)
