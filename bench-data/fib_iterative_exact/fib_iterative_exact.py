import sys

if hasattr(sys, "set_int_max_str_digits"):
    sys.set_int_max_str_digits(0)


def fib(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def main():
    digits = str(fib(100000))
    digit_sum = 0
    for c in digits:
        digit_sum += ord(c) - 48
    print(len(digits), digits[:20], digits[-20:], digit_sum)


main()
