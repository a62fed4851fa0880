// Verifies a fleet with Go's crypto/x509, once for every line on standard input, and answers each with the processor
// time it took in nanoseconds and the number of chains it accepted.
//
// Usage: go_verifier FLEET TIME. FLEET is records of a length (four bytes, the highest first) and as many bytes: the root, then leaf,
// issuer and host of each row. TIME is in seconds since 1970.
package main

import (
	"bufio"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

func main() {
	data, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	seconds, err := strconv.ParseInt(os.Args[2], 10, 64)
	if err != nil {
		panic(err)
	}
	var records [][]byte
	for len(data) > 0 {
		size := binary.BigEndian.Uint32(data)
		records = append(records, data[4:4+size])
		data = data[4+size:]
	}
	rounds := bufio.NewScanner(os.Stdin)
	for rounds.Scan() {
		began := spent()
		accepted := verify(records, time.Unix(seconds, 0))
		fmt.Println(spent()-began, accepted)
	}
}

// verify counts what is accepted. Root and issuers are read once, each leaf anew, and an issuer's pool is kept.
func verify(records [][]byte, at time.Time) int {
	roots := pool(records[0])
	issuers := map[string]*x509.CertPool{}
	accepted := 0
	for row := 1; row < len(records); row += 3 {
		leaf, err := x509.ParseCertificate(records[row])
		if err != nil {
			panic(err)
		}
		issuer, known := issuers[string(records[row+1])]
		if !known {
			issuer = pool(records[row+1])
			issuers[string(records[row+1])] = issuer
		}
		options := x509.VerifyOptions{
			DNSName: string(records[row+2]), Roots: roots, Intermediates: issuer, CurrentTime: at,
		}
		if _, err := leaf.Verify(options); err == nil {
			accepted++
		}
	}
	return accepted
}

func pool(der []byte) *x509.CertPool {
	read, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	made := x509.NewCertPool()
	made.AddCert(read)
	return made
}

// spent is this process's time on the processors so far, its collector's included.
func spent() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}
