output "hosts" {
  description = "How deployments reach each server; hand it on as the configuration's own output hosts."
  value = {
    for name, server in terraform_data.server :
    name => { host = server.output.host, port = server.output.port, user = server.output.user }
  }
}

output "environment" {
  description = "The environment that the servers belong to."
  value       = var.environment
}
