"""HTTP as it went over the wire: listened to below the client, or noted in front of a fake."""
