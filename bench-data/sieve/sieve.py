def count_primes(n):
    composite = [False] * n
    found = 0
    for i in range(2, n):
        if not composite[i]:
            found += 1
            j = i * i
            while j < n:
                composite[j] = True
                j += i
    return found


print(count_primes(4000000))
