module notation-oracle

go 1.23.0

require github.com/notaryproject/notation-core-go v1.3.0
