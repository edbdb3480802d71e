# A server that moves to another address is another server: it is replaced, and rules see a delete and a create.
resource "terraform_data" "server" {
  for_each = var.servers

  input = {
    environment = var.environment
    host        = each.value.address
    port        = each.value.port
    user        = each.value.user
  }
  triggers_replace = [each.value.address, each.value.port]
}
