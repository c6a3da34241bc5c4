// Says what notation makes of the certificates in the folder above: one line for each file, with its name, whether
// notation-core-go takes the chain, its words if not, and the subject of the first certificate as Go prints it.
package main

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"sort"
	"strings"

	corex509 "github.com/notaryproject/notation-core-go/x509"
)

type verdict struct {
	File    string `json:"file"`
	Parses  bool   `json:"parses"`
	Accepts bool   `json:"accepts"`
	Subject string `json:"subject,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

func judge(path string) verdict {
	result := verdict{File: strings.TrimSuffix(filepath.Base(path), ".pem")}
	rest, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	var chain []*x509.Certificate
	for {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			break
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			result.Reason = err.Error()
			return result
		}
		chain = append(chain, certificate)
	}
	result.Parses = true
	result.Subject = chain[0].Subject.String()
	if err := corex509.ValidateCodeSigningCertChain(chain, nil); err != nil {
		result.Reason = err.Error()
		return result
	}
	result.Accepts = true
	return result
}

func main() {
	paths, err := filepath.Glob(filepath.Join(os.Args[1], "*.pem"))
	if err != nil {
		panic(err)
	}
	sort.Strings(paths)
	output := json.NewEncoder(os.Stdout)
	output.SetEscapeHTML(false)
	for _, path := range paths {
		if err := output.Encode(judge(path)); err != nil {
			panic(err)
		}
	}
}
