def fannkuch(n):
    perm = [0] * n
    start = list(range(n))
    counts = [0] * n
    most = 0
    checksum = 0
    sign = 1
    r = n
    while True:
        while r != 1:
            counts[r - 1] = r
            r -= 1
        for i in range(n):
            perm[i] = start[i]
        flips = 0
        while perm[0] != 0:
            lo = 0
            hi = perm[0]
            while lo < hi:
                perm[lo], perm[hi] = perm[hi], perm[lo]
                lo += 1
                hi -= 1
            flips += 1
        if flips > most:
            most = flips
        checksum += sign * flips
        sign = -sign
        while True:
            if r == n:
                return checksum, most
            head = start[0]
            for i in range(r):
                start[i] = start[i + 1]
            start[r] = head
            counts[r] -= 1
            if counts[r] > 0:
                break
            r += 1


checksum, most = fannkuch(9)
print(checksum, most)
