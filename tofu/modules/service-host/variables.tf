variable "environment" {
  description = "The environment that the servers belong to."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9._-]*$", var.environment))
    error_message = "An environment has a name as SPEC.md has it."
  }
}

variable "servers" {
  description = "Servers by their name: the address, and the SSH port and user where they are not the usual ones."
  type = map(object({
    address = string
    port    = optional(number)
    user    = optional(string)
  }))

  validation {
    condition     = length(var.servers) > 0
    error_message = "An environment has at least one server."
  }
  validation {
    condition     = alltrue([for name in keys(var.servers) : can(regex("^[A-Za-z][A-Za-z0-9._-]{0,62}$", name))])
    error_message = "A server's name has letters, digits, '.', '_' and '-', and begins with a letter."
  }
  validation {
    condition     = alltrue([for server in values(var.servers) : can(regex("^[A-Za-z0-9.:_-]+$", server.address))])
    error_message = "A server's address is a host name or an address."
  }
  validation {
    condition     = alltrue([for server in values(var.servers) : server.port == null ? true : server.port >= 1 && server.port <= 65535])
    error_message = "A port is between 1 and 65535."
  }
  validation {
    condition = length(distinct([for server in values(var.servers) : "${server.address}:${coalesce(server.port, 22)}"])) == length(var.servers)

    error_message = "Two servers have the same address and port."
  }
}
