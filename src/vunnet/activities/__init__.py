"""What passed between us and a customer, and what is to be done next: calls, mails, meetings, notes, tasks."""
